with

customers as (

    select * from {{ ref('stg_payments__customers') }}

),

payments as (

    select * from {{ ref('fct_payments') }}

),

payments_per_customer as (

    select
        customer_id,
        count(case when is_successful then charge_id end) as successful_payment_count,
        count(case when status = 'failed' then charge_id end) as failed_payment_count,
        min(case when is_successful then created_at end) as first_payment_at,
        max(case when is_successful then created_at end) as last_payment_at
    from payments
    group by customer_id

),

joined as (

    select
        customers.customer_id,
        customers.email_token,
        customers.currency,
        customers.country,
        customers.tax_exempt,
        coalesce(payments_per_customer.successful_payment_count, 0) as successful_payment_count,
        coalesce(payments_per_customer.failed_payment_count, 0) as failed_payment_count,
        customers.is_deleted,
        customers.is_delinquent,
        customers.created_at,
        payments_per_customer.first_payment_at,
        payments_per_customer.last_payment_at
    from customers
    left join payments_per_customer
        on customers.customer_id = payments_per_customer.customer_id

)

select * from joined
