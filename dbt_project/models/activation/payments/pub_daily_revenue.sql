with

daily_revenue as (

    select * from {{ ref('rpt_daily_revenue') }}

),

published as (

    select
        -- strings
        currency,

        -- numerics
        successful_payment_count,
        gross_amount,
        refund_count,
        refunded_amount,
        dispute_count,
        disputes_lost_amount,
        fee_amount,
        net_amount,
        gross_major,
        refunded_major,
        fee_major,
        net_major,

        -- dates
        revenue_date

    from daily_revenue

)

select * from published
