with

invoices as (

    select * from {{ ref('stg_payments__invoices') }}
    where not is_deleted

),

payments as (

    select * from {{ ref('fct_payments') }}

),

payments_per_invoice as (

    select
        invoice_id,
        count(case when is_successful then charge_id end) as successful_payment_count,
        count(case when status = 'failed' then charge_id end) as failed_payment_count
    from payments
    group by invoice_id

),

joined as (

    select
        -- ids
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,

        -- strings
        invoices.currency,
        invoices.status,
        invoices.status_phase,
        invoices.billing_reason,
        invoices.collection_method,

        -- numerics
        invoices.amount_due,
        invoices.amount_paid,
        invoices.amount_remaining,
        invoices.subtotal,
        invoices.total,
        coalesce(payments_per_invoice.successful_payment_count, 0) as successful_payment_count,
        coalesce(payments_per_invoice.failed_payment_count, 0) as failed_payment_count,

        -- booleans
        invoices.is_paid,
        invoices.paid_at > invoices.due_at as is_paid_late,

        -- dates
        cast(invoices.created_at as date) as created_date,

        -- timestamps
        invoices.created_at,
        invoices.due_at,
        invoices.finalized_at,
        invoices.paid_at,
        invoices.voided_at,
        invoices.marked_uncollectible_at

    from invoices
    left join payments_per_invoice
        on invoices.invoice_id = payments_per_invoice.invoice_id

)

{{ only_changed('joined') }}
